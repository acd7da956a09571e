// Never gives the thread back, and catches whatever it can. It is stopped from outside, uncatchably.

for (;;) {
  try {
    for (let i = 0; ; i++) Math.sqrt(i);
  } catch {
    // An engine that stopped a loop with a catchable error would come here, and start again.
  }
}
