printf '3\n4\n' >prices.tmp
said=$(sh total.sh prices.tmp)
rm prices.tmp
[ "$said" = 7 ] || { echo "two prices of 3 and 4: expected 7, got $said" >&2; exit 1; }
echo ok
