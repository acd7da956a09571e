// One order: what it is worth, and the key of its rate.
export default function ({ id, region, customer, item, quantity, unit_cents, status }) {
  if (!(quantity > 0)) console.warn(`order ${id} has no quantity`);
  return { id, customer, item, status, region, cents: Math.round(quantity * unit_cents) };
}
