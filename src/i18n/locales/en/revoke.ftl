# Preview of a revocation, and its receipt
