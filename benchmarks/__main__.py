"""`python -m benchmarks`: every benchmark there is, so far the report's step."""

from benchmarks.celeba_step import main

main()
