import sys

print("Hello, " + ", ".join(sys.argv[1:]) + "!")
