// Imports a module the policy allows and the host supplies. Any other specifier is refused, with a clear error.

import { addCents, formatCents } from 'money';

export default (order, { env }) => ({
  total: formatCents(addCents(order.lines.map(line => line.cents * line.quantity)), env.CURRENCY),
  lines: order.lines.length,
});
