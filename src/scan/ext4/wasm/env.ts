// What the module is given: AssemblyScript imports a declared function from what its file is called.

/** Reads at an offset of the device; returns how many bytes there were. */
export declare function read(offset: f64, length: i32, into: u32): i32;

/** Notes a name of an inode that may be sought; 0 for one that is not. */
export declare function meet(inode: u32): i32;

/** Makes more room behind {@link top}; 0 where there is none. */
export declare function grow(): i32;
