"""What the command's process tells the gRPC library; imported before anything that loads it.

The library reads its environment when it is loaded, and says by default each time that a party has
ended: that is no news to whoever ends parties.
"""

import os

os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
