"""The variables of NII's reference sender."""
