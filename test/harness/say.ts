/** Tells whoever runs a campaign or a benchmark what happens now. */
export type Say = (line: string) => void;
