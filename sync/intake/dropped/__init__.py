"""Drop folders: files of activities that people or programs leave beside map.yaml."""
