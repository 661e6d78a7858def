"""What differs between two trees, who did it, how far it reaches, and what it would break."""
