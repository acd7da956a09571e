// Keeps everything. The limit is the WebAssembly memory's own size, so no allocation gets around it.

const kept = [];
for (;;) kept.push(new Array(1000).fill({ id: kept.length, text: 'x'.repeat(1000) }));
