"""Classical analysis of a test and its questions, as pure functions on numbers.

The definitions are those of Moodle's quiz statistics (https://docs.moodle.org/dev/Quiz_statistics_calculations), so
that figures can be compared, with sample (n - 1) variances and covariances. An undefined figure is None, never 0.

Questions are drawn at random, so learners have different papers. A question that a learner was not given is *not
presented* to them. Each figure of a question covers only those who had it, with their scores on the whole of their own
papers. A question that was presented and left blank counts as 0 points. Moodle does the same with one exception: it
correlates randomly drawn questions with the whole total. Here every question is correlated with the rest of the paper,
because otherwise it would be correlated with itself.

A *total* or *rest* is a share, from 0 to 1, of what the learner's own paper could earn. If all papers are worth the
same, as in Moodle, this changes no figure. A void question (``MarkResult.is_void``) is left out, which makes the papers
that had it shorter; shares keep this from making their learners look weaker. Only the coefficient of internal
consistency needs papers of equal length, so it uses those of the commonest length.

Checked against the source of Moodle's quiz statistics (question/classes/statistics/questions/calculator.php and
mod/quiz/report/statistics/classes/calculator.php). Moodle leaves skewness, consistency and the figures derived from
them blank for fewer than three attempts. Here consistency starts at two, but pages show "too few answers" below ten.

This is plain Python: most of the work is sums over lists, and numpy would hardly make it faster than reading the rows.
"""
