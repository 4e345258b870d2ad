"""What tests share: people, cohorts and attempts made ready, servers, and a second implementation."""
