// Tests of this room need a fixture of real repositories.
