// What the module is given: AssemblyScript imports a declared function from what its file is called.

/** Reads at an offset of the device; returns how many bytes there were. */
export declare function read(offset: f64, length: i32, into: u32): i32;

/** Takes so many inodes that may be sought: names of theirs were met. */
export declare function meet(count: u32): void;

/** Makes more room behind {@link top}; 0 where there is none. */
export declare function grow(): i32;
