"""The pages people see, built with NiceGUI."""
