"""A look into a trained model's latent space: pictures with names on them, and figures."""
