"""Packages of the npm registry that tests need: those of a package.json, in a folder of build/."""
import pathlib
import subprocess


def install(package, folder):
    """Does nothing when they are there. RuntimeError: npm could not install them."""
    wanted = pathlib.Path(package).read_text(encoding="utf-8")
    folder = pathlib.Path(folder)
    stamp = folder / "installed"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return folder / "node_modules"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(wanted, encoding="utf-8")
    done = subprocess.run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund",
                           "--no-package-lock", "--loglevel", "error"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"npm could not install what {package} names: {done.stderr.strip()}")
    stamp.write_text(wanted, encoding="utf-8")
    return folder / "node_modules"
