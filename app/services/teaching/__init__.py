"""What trainers look after: cohorts and who is in them, the gradebook, one learner, one attempt, reports of questions."""
