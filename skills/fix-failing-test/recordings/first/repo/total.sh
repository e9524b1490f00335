# Adds up the prices in a file, one on each line.
total=0
while read -r price; do
  total=$((total - price))
done <"$1"
echo "$total"
