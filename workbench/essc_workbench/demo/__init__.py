"""The demo: a story of three citizens, told by a real federation and checked line by line."""
