"""What trainers learn from what a cohort answered."""
