"""Languages: what one file says (``extract``), and what that means in its tree (``link``)."""
