"""Floor 3: the document. JSON in, a resolved edit out; pure, without files, network or clock."""
