/** Stands in for a module that is imported for its side effects only: see scripts/url-aliases.ts. */
export {};
