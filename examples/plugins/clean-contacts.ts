// TypeScript: the types are stripped, and nothing checks them at run time.

interface Contact {
  name: string;
  email: string;
  phone?: string;
}

interface Cleaned {
  readonly contacts: readonly Contact[];
  readonly rejected: readonly { readonly index: number; readonly why: string }[];
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

function tidyName(raw: string): string {
  const words = raw.trim().toLowerCase().split(/\s+/);
  return words.map(word => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}

export default function clean(rows: readonly Partial<Contact>[]): Cleaned {
  const seen = new Set<string>();
  const contacts: Contact[] = [];
  const rejected: { index: number; why: string }[] = [];
  rows.forEach((row, index) => {
    const email = (row.email ?? '').trim().toLowerCase();
    if (!EMAIL.test(email)) rejected.push({ index, why: 'no valid email' });
    else if (seen.has(email)) rejected.push({ index, why: 'duplicate' });
    else {
      seen.add(email);
      const digits = row.phone?.replace(/\D/g, '') ?? '';
      contacts.push({
        name: tidyName(row.name ?? ''),
        email,
        ...(digits.length >= 7 ? { phone: `+${digits}` } : {}),
      });
    }
  });
  console.log(`${contacts.length} kept, ${rejected.length} rejected`);
  return { contacts, rejected };
}
