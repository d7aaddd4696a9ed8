#!/bin/sh
# Stands for a coding program in docs/howto/tasks.md: reads its prompt, changes a file, says what it did.
set -eu
echo "I was asked:"
sed 's/^/  /' "$CUTROOM_PROMPT_FILE"
touch counted.txt
lines=$(wc -l < counted.txt)
for second in 1 2 3; do
  echo "counting… $second"
  sleep 1
done
echo "line $((lines + 1))" >> counted.txt
echo "Counted to $((lines + 1)) in \`counted.txt\`." > "$CUTROOM_SUMMARY_FILE"
