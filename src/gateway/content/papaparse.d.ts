declare module 'papaparse' {
  interface Parsed {
    readonly data: string[][];
    readonly errors: readonly { readonly type: string; readonly message: string; readonly row?: number }[];
  }
  const Papa: {
    parse(
      text: string,
      options: { delimiter: string; skipEmptyLines: boolean; header: false; worker: false },
    ): Parsed;
    unparse(
      rows: readonly (readonly string[])[],
      options: { newline: string; quotes: boolean | ((value: string) => boolean) },
    ): string;
  };
  export default Papa;
}
