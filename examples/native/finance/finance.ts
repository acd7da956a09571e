/** Functions over numbers. */

/** What a loan costs each month. `rate` is that of a year: 0.05 is five per cent. */
export function payment(principal: f64, rate: f64, months: i32): f64 {
  if (months < 1) abort('a loan lasts a month at least');
  const monthly = rate / 12;
  return monthly == 0 ? principal / months : (principal * monthly) / (1 - Math.pow(1 + monthly, -months as f64));
}

/** What is left of it after some of them. */
export function balance(principal: f64, rate: f64, months: i32, paid: i32): f64 {
  const monthly = rate / 12;
  const each = payment(principal, rate, months);
  if (monthly == 0) return principal - each * paid;
  const growth = Math.pow(1 + monthly, paid as f64);
  return principal * growth - (each * (growth - 1)) / monthly;
}

/** The greatest common divisor. */
export function gcd(a: i64, b: i64): i64 {
  while (b != 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

/** Whether a number is prime, by trial: slow for large ones, and its fuel says how slow. */
export function isPrime(n: i64): i32 {
  if (n < 2) return 0;
  for (let divisor: i64 = 2; divisor * divisor <= n; divisor++) {
    if (n % divisor == 0) return 0;
  }
  return 1;
}
