"""From a published learner to a corrected one in single changes, to measure what each is worth."""
