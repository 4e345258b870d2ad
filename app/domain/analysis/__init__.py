"""Classical analysis of a test and its questions: pure numbers in, pure numbers out.

The definitions are those of Moodle's quiz statistics (https://docs.moodle.org/dev/Quiz_statistics_calculations), so that figures can be compared,
with sample (n - 1) variances and covariances. A figure that is not defined is None, never 0.

Learners have different papers, because questions are drawn at random. A question that somebody was not given is *not presented*: it is in no
list here, and each figure of a question is taken over those who had it, with their scores on the whole of their own papers. A question that
was presented and left blank earned 0 points, and counts as that. (Moodle does the same, but for one thing: for questions drawn at random it
correlates with the whole total. Here it is the rest of the paper for every question, or else each would be correlated with itself.)

Everything is plain Python: the bulk is sums over lists, which a dependency on numpy would hardly make faster than reading the rows.
"""
