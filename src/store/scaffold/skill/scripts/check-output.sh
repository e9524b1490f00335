#!/bin/sh
# Every file that the answer names has to be there. The answer is the JSON in $ATLAS_OUTPUT_FILE;
# what there is to know besides stands on stdin, as JSON too.
grep -o '"file": *"[^"]*"' "$ATLAS_OUTPUT_FILE" | sed 's/^"file": *"//; s/"$//' |
  while IFS= read -r file; do
    [ -f "$file" ] || { echo "$file: there is no such file" >&2; exit 1; }
  done
