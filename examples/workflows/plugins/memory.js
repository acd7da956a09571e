// Takes all the memory there is.
const kept = [];
for (let i = 0; ; i++) {
  kept.push('x'.repeat(1_000_000) + i);
  if (i % 10 === 0) console.log(`${i} MB`);
}
