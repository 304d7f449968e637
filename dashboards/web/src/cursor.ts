// One cursor for all charts: pointing at a day in one shows that day in every other.

import { createContext, useContext } from "react";

export interface Cursor {
  /** The end of the period pointed at, or null. */
  end: string | null;
  set: (end: string | null) => void;
}

export const CursorContext = createContext<Cursor>({ end: null, set: () => undefined });
export const useCursor = (): Cursor => useContext(CursorContext);
