"""What deserves a sentence: rules, their wording, their order, and the actions they call for."""
