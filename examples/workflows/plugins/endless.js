// Never gives its thread back. The page stays alive; press Stop, or wait for the time limit.
console.log('round and round');
for (;;) {
  try {
    for (;;) {}
  } catch {}
}
