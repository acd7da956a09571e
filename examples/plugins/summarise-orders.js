// An ES module: the default export is called with (input, context), and what it returns is the result.
// Input: the text of a CSV file, quotes and all.

function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[i + 1] === '"') field += text[i++];
      else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',' || char === '\n') {
      row.push(field);
      field = '';
      if (char === '\n') {
        rows.push(row);
        row = [];
      }
    } else if (char !== '\r') field += char;
  }
  const [header, ...records] = rows;
  return records.map(record => Object.fromEntries(header.map((name, i) => [name, record[i]])));
}

export default function summarise(csv) {
  const orders = parseCsv(csv);
  console.info('read %d orders', orders.length);
  const regions = new Map();
  let refunded = 0;
  for (const { region, quantity, unit_cents: cents, status } of orders) {
    if (status === 'refunded') {
      refunded++;
      continue;
    }
    const totals = regions.get(region) ?? { orders: 0, revenue: 0n };
    totals.orders++;
    // Money in cents, as BigInt: sums stay exact.
    totals.revenue += BigInt(quantity) * BigInt(cents);
    regions.set(region, totals);
  }
  if (refunded > 0) console.warn('%d refunded orders were left out', refunded);
  return new Map([...regions].sort(([a], [b]) => (a < b ? -1 : 1)));
}
