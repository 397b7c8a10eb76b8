#!/usr/bin/env python3
"""targets/inputs.py [--counted] [--lead FILE] [--whole FOLDER] OUT FOLDER...

Makes inputs of an in-process target from the seeds in FOLDERs, which are one message each:
OUT/FOLDER_SEED, what a client sends in one execution. Replies are left out.

--counted        each message stands behind its length, two bytes, big endian (for datagrams;
                 harness/generate/input.h)
--lead FILE      a message that is sent before each seed
--whole FOLDER   inputs that are taken as they are: what scripts/fuzz-target has kept
"""
import argparse
import pathlib
import shutil


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--counted", action="store_true")
    parser.add_argument("--lead", type=pathlib.Path)
    parser.add_argument("--whole", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    options = parser.parse_args()
    shutil.rmtree(options.out, ignore_errors=True)
    options.out.mkdir(parents=True)
    for folder in options.folders:
        for seed in sorted(path for path in folder.iterdir() if path.is_file()):
            if seed.name.startswith("reply-"):
                continue
            messages = [options.lead, seed] if options.lead not in (None, seed) else [seed]
            bodies = [message.read_bytes() for message in messages]
            if options.counted:
                bodies = [len(body).to_bytes(2, "big") + body for body in bodies]
            (options.out / f"{folder.name}_{seed.name}").write_bytes(b"".join(bodies))
    if options.whole:
        shutil.copytree(options.whole, options.out, dirs_exist_ok=True)


if __name__ == "__main__":
    main()
