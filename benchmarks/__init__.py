"""What salesnb costs, measured against what people do without it."""
