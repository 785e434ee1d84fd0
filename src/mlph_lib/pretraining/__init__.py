"""Pretraining tasks: languages with a known optimum, objectives, losses and costs."""
