// The source of the module `money`, which the host supplies to plugins that may import it.

export function addCents(amounts) {
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

export function formatCents(cents, currency) {
  const text = String(Math.abs(cents)).padStart(3, '0');
  return `${cents < 0 ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)} ${currency}`;
}
