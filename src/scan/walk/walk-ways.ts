/**
 * Which short ways a walk may take. All of them lead to the same result; tests close them one by one to see that.
 */
export interface WalkWays {
  /** Walk what one layer alone has without the rules; true unless told. */
  readonly lone?: boolean;
  /** End when every name was met, and look first where names are likely; true unless told. */
  readonly early?: boolean;
  /** Directories that are kept to be entered level by level around known names; many unless told. */
  readonly near?: number;
  /** Share with the other thread from the first directory on, and after each, however short the walk is. */
  readonly eager?: boolean;
}
