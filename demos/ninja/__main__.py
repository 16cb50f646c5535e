import sys

from demos.ninja import main

sys.exit(main())
