"""Classical analysis of a test and its questions: pure numbers in, pure numbers out.

The definitions are those of Moodle's quiz statistics (https://docs.moodle.org/dev/Quiz_statistics_calculations), so that figures can be compared,
with sample (n - 1) variances and covariances. A figure that is not defined is None, never 0.

Learners have different papers, because questions are drawn at random. A question that somebody was not given is *not presented*: it is in no
list here, and each figure of a question is taken over those who had it, with their scores on the whole of their own papers. A question that
was presented and left blank earned 0 points, and counts as that. (Moodle does the same, but for one thing: for questions drawn at random it
correlates with the whole total. Here it is the rest of the paper for every question, or else each would be correlated with itself.)

A *total*, and the rest of it, is the share of what the learner's own paper could earn, from 0 to 1. Where all papers are worth the same, as
Moodle's are, no figure differs from one in points. A void question (``Mark.is_void``) is in no list at all and makes the papers that had it
shorter: shares see to it that this makes nobody weaker. Only the coefficient of internal consistency needs papers of one length, and is taken
from those of the commonest one.

Checked against the source of Moodle's quiz statistics (question/classes/statistics/questions/calculator.php and mod/quiz/report/statistics/
classes/calculator.php). It leaves skewness, consistency and what follows from it blank for fewer than three attempts; here consistency begins
with two, which no page shows: below ten it is "too few answers".

Everything is plain Python: the bulk is sums over lists, which a dependency on numpy would hardly make faster than reading the rows.
"""
