"""Who may send frames and who may see results: CurveZMQ keys."""
