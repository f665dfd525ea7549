"""The report's variational autoencoder of card payments, unimproved.

Command:  python scripts/detect_fraud.py --data creditcard.csv --config \
              configs/fraud_vae_published.py
Time:     30 seconds for 107,000 steps (1,000 epochs of 13,700 rows); two to four minutes for the
          report's 2.2 million (`python -m benchmarks.fraud_vae`)
Expect:   see the README's table.
Source:   a report on card fraud: encoder 20-10-8, decoder 8-10-20, RMSE + KL, NAdam 1e-3, batches
          of 128, 1,000 epochs, reconstruction probability of 100 draws. It names no size of the
          latent (4 here), no activation (ReLU here) and no scaling (standard scores here); it
          trains on resampled rows (genuine ones here), and its decoder predicts no scale (1 here).
"""

from genjax.estimators import VAEDetector

CONFIG = VAEDetector(
    hidden=(20, 10, 8),
    latent_size=4,
    likelihood="root_mean_squared_error",
    activation="relu",
    views=("columns",),
    members=1,
    steps=107_000,
    batch_size=128,
    optimizer="nadam",
    learning_rate=1e-3,
    decay=False,
    warmup_share=0.0,
    scored_by="reconstruction_probability",
    draws=100,
    scaling="standard",
)
