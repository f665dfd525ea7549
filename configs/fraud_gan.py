"""Card fraud found by what a generator that learnt the genuine payments cannot make (AnoGAN).

Command:  python scripts/detect_fraud.py --data creditcard.csv --config configs/fraud_gan.py
Time:     about 15 seconds a fit of 13,700 rows on two cores
Expect:   no better than Mahalanobis' distance: see `GANDetector`.
Source:   Schlegl et al. (2017), the search; a GAN of small layers with R1, on quantiles.
"""

from genjax.estimators import GANDetector

CONFIG = GANDetector()
