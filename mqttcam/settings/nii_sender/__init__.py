"""The environment variables of NII's reference sender, translated into our configuration."""
