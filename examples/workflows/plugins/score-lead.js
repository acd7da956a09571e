// Enriches one row of the CSV: nothing of the next row is seen, each runs in a guest of its own.
const FREE = new Set(['gmail.com', 'gmx.net', 'proton.me']);

export default function (lead) {
  const domain = String(lead.email).split('@')[1]?.toLowerCase() ?? '';
  if (domain === '') throw new Error(`${lead.name} has no address`);
  const score = (FREE.has(domain) ? 10 : 40) + Math.min(50, Math.round(Number(lead.employees) / 10));
  console.log(`${lead.name}: ${score}`);
  return { ...lead, domain, score, tier: score >= 60 ? 'A' : score >= 40 ? 'B' : 'C' };
}
