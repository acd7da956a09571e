// A script: its last expression is the result. `input` and `env` are globals.

const weights = { quantity: 2, loyalty: Number(env.LOYALTY_WEIGHT) };
const score = input.quantity * weights.quantity + input.yearsWithUs * weights.loyalty;

({ customer: input.customer, score, tier: score >= 30 ? 'gold' : 'silver' });
