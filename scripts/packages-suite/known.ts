/** Programs that fail under the default policy, and what they need. */
export const KNOWN: Readonly<Record<string, string>> = {};
