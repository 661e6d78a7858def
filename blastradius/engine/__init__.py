"""Carrying a plan out: journal first, act second, verify third, and take back what fails."""
